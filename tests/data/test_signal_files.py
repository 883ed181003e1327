import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.formats.signal_files import parts_of
from sciml_bench.data.sources import TrajectoryFiles

ROWS = np.arange(300)
SIGNALS = np.stack([np.sin(ROWS / 9), 80 + 20 * np.cos(ROWS / 31)], axis=1)


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}} | options)
    record.setup()
    return record, record.splits["train"]


@pytest.fixture
def wfdb():
    return pytest.importorskip("wfdb", reason="needs the extra `recordings`")


@pytest.fixture
def edf():
    return pytest.importorskip("pyedflib", reason="needs the extra `recordings`")


def write_wfdb(wfdb, folder, name="rec", signals=SIGNALS, **options):
    names = {"sig_name": ["ECG", "ABP"], "units": ["mV", "mmHg"], "fmt": ["16", "16"]} | options
    wfdb.wrsamp(name, fs=250, p_signal=signals, write_dir=str(folder), **names)
    return folder / f"{name}.hea"


def write_edf(edf, path, signals, rates, names=("EEG Fpz", "Resp"), ranges=((-1, 1), (50, 110)), kind=None):
    wide = edf.FILETYPE_BDFPLUS if path.suffix == ".bdf" else edf.FILETYPE_EDFPLUS
    largest = 8388607 if path.suffix == ".bdf" else 32767
    with edf.EdfWriter(str(path), len(signals), file_type=wide if kind is None else kind) as file:
        for number, rate in enumerate(rates):
            low, high = ranges[number]
            file.setSignalHeader(
                number,
                {
                    "label": names[number],
                    "dimension": ("uV", "mL")[number],
                    "sample_frequency": rate,
                    "physical_min": low,
                    "physical_max": high,
                    "digital_min": -largest - 1,
                    "digital_max": largest,
                    "transducer": "",
                    "prefilter": "",
                },
            )
        file.writeSamples([np.ascontiguousarray(signal) for signal in signals])
    return path


@pytest.mark.parametrize("name", ["rec.hea", "rec.dat"])
def test_a_wfdb_record_has_names_units_and_a_clock_in_seconds(tmp_path, wfdb, name):
    header = write_wfdb(wfdb, tmp_path)
    record, found = load(tmp_path / name)
    assert found.component_names == ("ECG", "ABP")
    assert found.facts["component_units"] == ("mV", "mmHg")
    assert (found.time_step, found.time_unit) == (0.004, "s")
    np.testing.assert_allclose(found.states[0], SIGNALS, atol=20 / 32767)
    assert record.reading == "ECG, ABP: 300 rows, every 0.004 s"
    assert [file["path"] for file in record.files] == [str(header), str(tmp_path / "rec.dat")]
    assert load(tmp_path)[1].lengths == (300,)  # a folder with the header and its samples is one record
    np.testing.assert_array_equal(load(header, key="ABP")[1].states[0], found.states[0][:, 1:])
    with pytest.raises(ConfigurationError, match=r"data\.key=PPG: .* its signals are ECG, ABP"):
        load(header, key="PPG")


def test_samples_that_are_marked_as_invalid_are_missing(tmp_path, wfdb):
    gap = SIGNALS.copy()
    gap[40:43, 1] = np.nan
    header = write_wfdb(wfdb, tmp_path, signals=gap)
    with pytest.raises(DataError, match=r"3 values are missing \(ABP: 3; the first at row 40"):
        load(header)
    assert load(header, missing="split")[1].between_gaps().lengths == (40, 257)


def test_samples_that_do_not_have_the_checksum_of_the_header_are_refused(tmp_path, wfdb):
    header = write_wfdb(wfdb, tmp_path)
    content = bytearray((tmp_path / "rec.dat").read_bytes())
    content[402] ^= 0xFF
    (tmp_path / "rec.dat").write_bytes(content)
    with pytest.raises(DataError, match="the samples of ABP do not have the checksum of the header"):
        load(header)
    (tmp_path / "rec.dat").write_bytes(content[:500])
    with pytest.raises(DataError, match="cannot be read as a WFDB record"):
        load(header)


def test_signals_of_several_rates_are_not_averaged(tmp_path, wfdb, edf):
    fast = np.sin(np.arange(1200) / 9)
    wfdb.wrsamp(
        "multi", fs=250, units=["mV", "mmHg"], sig_name=["ECG", "ABP"], e_p_signal=[fast, SIGNALS[:, 1]],
        samps_per_frame=[4, 1], fmt=["16", "16"], write_dir=str(tmp_path),
    )  # fmt: skip
    header = tmp_path / "multi.hea"
    with pytest.raises(DataError, match=r"several rates \(1000 Hz: ECG; 250 Hz: ABP\); choose .*data\.key="):
        load(header)
    found = load(header, key="ECG")[1]
    assert (found.lengths, found.time_step) == ((1200,), 0.001)
    np.testing.assert_allclose(found.states[0][:, 0], fast, atol=1e-4)
    path = write_edf(edf, tmp_path / "x.edf", [fast, SIGNALS[:, 1]], [400, 100])
    with pytest.raises(DataError, match=r"several rates \(400 Hz: EEG Fpz; 100 Hz: Resp\)"):
        load(path)
    assert load(path, key="Resp")[1].time_step == 0.01


@pytest.mark.parametrize(("suffix", "digits"), [("edf", 16), ("bdf", 24)])
def test_an_edf_record_has_names_units_and_a_clock_in_seconds(tmp_path, edf, suffix, digits):
    path = write_edf(edf, tmp_path / f"x.{suffix}", [SIGNALS[:, 0], SIGNALS[:, 1]], [100, 100])
    record, found = load(path)
    assert found.component_names == ("EEG Fpz", "Resp")
    assert found.facts["component_units"] == ("uV", "mL")
    np.testing.assert_allclose(found.states[0], SIGNALS, atol=60 / 2**digits)
    assert record.reading == "EEG Fpz, Resp: 300 rows, every 0.01 s"


def test_zeros_that_fill_up_the_last_block_are_left_out(tmp_path, edf):
    path = write_edf(edf, tmp_path / "x.edf", [SIGNALS[:250, 0], SIGNALS[:250, 1]], [100, 100])
    record, found = load(path)
    assert found.lengths == (250,)
    np.testing.assert_allclose(found.states[0], SIGNALS[:250], atol=60 / 2**16)
    assert "the last 50 rows, zeros that fill up the last block, are left out" in record.reading
    rest = write_edf(edf, tmp_path / "y.edf", [np.append(SIGNALS[:290, 0], [0.5] * 10)], [100], ranges=((-1, 1),))
    assert load(rest)[1].lengths == (300,)  # a signal at rest, but not at zero in digits


def test_samples_at_the_end_of_the_range_are_told(tmp_path, edf):
    path = write_edf(edf, tmp_path / "x.edf", [3 * SIGNALS[:, 0]], [100], ranges=((-1, 1),))
    assert "samples of EEG Fpz lie at the end of its range" in load(path)[0].reading


def test_two_signals_of_one_name_are_numbered(tmp_path, edf):
    path = write_edf(edf, tmp_path / "x.edf", [SIGNALS[:, 0], SIGNALS[:, 1]], [100, 100], names=("EEG", "EEG"))
    assert load(path)[1].component_names == ("EEG_1", "EEG_2")


def test_a_table_of_samples_needs_no_header(tmp_path):
    np.savetxt(tmp_path / "x.dat", SIGNALS)
    np.testing.assert_array_equal(load(tmp_path / "x.dat")[1].states[0], SIGNALS)
    assert parts_of(tmp_path / "x.dat") == [tmp_path / "x.dat"]
