#!/usr/bin/env bash
# OpenMM 8.6.1: an XTCReporter whose file cannot grow any more goes on in silence, and the simulation ends well.
#
# Expected: an error at the first frame that cannot be written, as DCDReporter gives one, so that a night's simulation is
#           not thrown away frame by frame.
# Seen:     no exception, exit code 0. The file ends in the middle of a frame; MDTraj 1.11.1 cannot read it as a whole.
# Cost:     on a full disk or over a quota a run of a week looks finished; the frames that are missing are found when the
#           trajectory is analysed, and reading it ends with an error that names neither the disk nor the frame.
#
# A limit on the size of files (ulimit -f, in KiB) stands for the full disk, so that the script needs no disk of its own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check openmm==8.6.1 mdtraj==1.11.1.post2 numpy==2.4.6
cd "$folder"
cat > simulate.py <<'PYTHON'
import sys

import openmm
from openmm import app

N_ATOMS, N_FRAMES = 200, 100
topology, system = app.Topology(), openmm.System()
residue = topology.addResidue("AR", topology.addChain())
spring = openmm.CustomExternalForce("10*(x^2+y^2+z^2)")
for number in range(N_ATOMS):
    topology.addAtom(f"A{number}", app.Element.getBySymbol("Ar"), residue)
    system.addParticle(40.0)
    spring.addParticle(number)
system.addForce(spring)
integrator = openmm.LangevinMiddleIntegrator(300, 1, 0.002)
integrator.setRandomNumberSeed(1)
run = app.Simulation(topology, system, integrator, openmm.Platform.getPlatformByName("Reference"))
run.context.setPositions([(0.01 * number, 0, 0) for number in range(N_ATOMS)])
reporter = {"xtc": app.XTCReporter, "dcd": app.DCDReporter}[sys.argv[2]]
run.reporters.append(reporter(sys.argv[1], 10))
run.step(10 * N_FRAMES)
PYTHON
venv/bin/python simulate.py whole.xtc xtc
for format in xtc dcd; do
  (ulimit -f 40 && venv/bin/python simulate.py "short.$format" "$format" 2> "$format.err") && code=0 || code=$?
  echo "$format: exit code $code, $(stat -c %s "short.$format") bytes, $(tail -n 1 "$format.err")"
  echo "$code" > "$format.code"
done
venv/bin/python - <<'PYTHON'
import os
from pathlib import Path

from mdtraj.formats import XTCTrajectoryFile


def frames(name):
    with XTCTrajectoryFile(name) as file:
        return len(file.read()[0])


whole = frames("whole.xtc")
try:
    short = frames("short.xtc")
except RuntimeError as error:
    short = f"RuntimeError: {error}"
print(f"whole: {whole} frames, {os.path.getsize('whole.xtc')} bytes; the file that could not grow: {short}")
assert whole == 100
assert Path("xtc.code").read_text().strip() == "0", "the XTCReporter tells now that it cannot write"
assert short != 100 and os.path.getsize("short.xtc") < os.path.getsize("whole.xtc")
assert Path("dcd.code").read_text().strip() != "0", "the DCDReporter is silent as well"
PYTHON
