"""Langevin dynamics of alanine dipeptide in implicit solvent, by OpenMM, one process for each trajectory.

On its `Reference` platform with the native force of the generalised Born model OpenMM is fastest for so few atoms: with
hydrogens of 3 amu and steps of 4 fs some 6000 ns a day of processor time, and 300 on the platform `CPU` [measured].
"""

import logging
import multiprocessing
import os
import queue
import sys
import time
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sciml_bench.data.molecules.alanine_geometry import ATOMS, alanine_positions

log = logging.getLogger(__name__)

FORCE_FIELD = ("amber99sbildn.xml", "amber99_obc.xml")
PLATFORM = "Reference"
HYDROGEN_MASS, FRICTION, STEP_FEMTOSECONDS = 3.0, 1.0, 4.0
"""In amu, 1/ps and fs."""
FEWEST_STEPS = 250
"""From one frame to the next: reading positions more often takes longer than the motion."""
EQUILIBRATION = 0.1
"""Nanoseconds before the first frame, or as long as the trajectory if that is shorter."""
SECONDS_PER_NANOSECOND = 15.0
"""Of processor time [CPU, measured]."""

TOPOLOGY = "alanine_dipeptide.pdb"
_SECONDS_BETWEEN_LINES = 10.0
_N_REPORTS = 200

_progress: Any = None


@dataclass(frozen=True)
class Simulation:
    """What is simulated.

    Args:
        temperature: in kelvin.
        n_trajectories: independent ones.
        nanoseconds: of each.
        frame_picoseconds: from one frame to the next.
        seed: of the velocities and the noise.
    """

    temperature: float
    n_trajectories: int
    nanoseconds: float
    frame_picoseconds: float
    seed: int

    @property
    def steps_per_frame(self) -> int:
        """Steps of the integrator from one frame to the next."""
        return round(1000 * self.frame_picoseconds / STEP_FEMTOSECONDS)

    @property
    def n_frames(self) -> int:
        """Of each trajectory."""
        return round(1000 * self.nanoseconds / self.frame_picoseconds)

    @property
    def files(self) -> list[str]:
        """What the trajectories are called."""
        return [f"trajectory{number}.xtc" for number in range(1, self.n_trajectories + 1)]

    @property
    def n_processes(self) -> int:
        """As many as there are cores, at most one for each trajectory."""
        return min(self.n_trajectories, os.cpu_count() or 1)

    @property
    def seconds(self) -> float:
        """About what it takes."""
        return SECONDS_PER_NANOSECOND * self.nanoseconds * self.n_trajectories / self.n_processes

    def run(self, folder: Path) -> None:
        """Simulate all trajectories, each in a process of its own, and write them with their topology.

        Args:
            folder: which exists.
        """
        context = multiprocessing.get_context("spawn")
        reports = context.Queue()
        told = self.n_trajectories, self.nanoseconds, self.n_processes
        log.info("simulating alanine dipeptide, %d trajectories of %g ns, in %d processes", *told)
        with ProcessPoolExecutor(self.n_processes, context, _remember, (reports,)) as pool:
            running = [pool.submit(_simulate, self, number, folder) for number in range(self.n_trajectories)]
            try:
                _show_progress(running, reports, self.n_trajectories * _N_REPORTS)
                for done in running:
                    done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _remember(reports: Any) -> None:
    global _progress
    _progress = reports
    os.environ.setdefault("OPENMM_CPU_THREADS", "1")


def _simulate(simulation: Simulation, number: int, folder: Path) -> None:
    import openmm
    from openmm import app

    topology = _topology(app)
    system = app.ForceField(*FORCE_FIELD).createSystem(
        topology, nonbondedMethod=app.NoCutoff, constraints=app.HBonds, hydrogenMass=HYDROGEN_MASS
    )
    seed = 1 + (simulation.seed * 1009 + number) % (2**31 - 2)  # OpenMM takes 0 as a fresh one
    integrator = openmm.LangevinMiddleIntegrator(
        simulation.temperature,
        FRICTION,
        STEP_FEMTOSECONDS / 1000,  # OpenMM's own units: K, 1/ps, ps
    )
    integrator.setRandomNumberSeed(seed)
    run = app.Simulation(topology, system, integrator, openmm.Platform.getPlatformByName(PLATFORM))
    run.context.setPositions(alanine_positions())
    run.minimizeEnergy()
    run.context.setVelocitiesToTemperature(simulation.temperature, seed)
    if number == 0:
        with (folder / TOPOLOGY).open("w") as file:
            app.PDBFile.writeFile(topology, run.context.getState(getPositions=True).getPositions(), file)
    run.step(round(1e6 * min(EQUILIBRATION, simulation.nanoseconds) / STEP_FEMTOSECONDS))
    run.context.setTime(0)
    run.context.setStepCount(0)
    run.reporters.append(app.XTCReporter(str(folder / simulation.files[number]), simulation.steps_per_frame))
    n_steps, done = simulation.n_frames * simulation.steps_per_frame, 0
    for report in range(1, _N_REPORTS + 1):
        goal = n_steps * report // _N_REPORTS
        run.step(goal - done)
        done = goal
        _progress.put(1)


def _topology(app: Any) -> Any:
    """The atoms and bonds: every atom is bound to the one that places it, for there is no ring."""
    topology, atoms = app.Topology(), []
    chain, residue = topology.addChain(), None
    for placed in ATOMS:
        if residue is None or residue.name != placed.residue:
            residue = topology.addResidue(placed.residue, chain)
        atoms.append(topology.addAtom(placed.name, app.Element.getBySymbol(placed.name[0]), residue))
        if placed.by:
            topology.addBond(atoms[placed.by[0]], atoms[-1])
    return topology


def _show_progress(running: list[Any], reports: Any, total: int) -> None:
    """A live bar on a terminal, elsewhere a line now and then, until all are done."""
    from rich.console import Console
    from rich.progress import Progress

    began, told, done = 0.0, time.monotonic(), 0
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("alanine dipeptide", total=total)
        while not all(one.done() for one in running):
            if any(one.done() and one.exception() for one in running):
                return
            try:
                done += reports.get(timeout=0.2)
                began = began or time.monotonic()
                bar.update(task, completed=done)
            except queue.Empty:
                wait(running, timeout=0)
            if not sys.stderr.isatty() and done > 1 and time.monotonic() - told > _SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                log.info(
                    "%d %% simulated, %.0f s left", 100 * done // total, (told - began) * (total - done) / (done - 1)
                )
