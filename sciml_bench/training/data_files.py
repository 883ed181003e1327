"""Whether the files that a run learned from are still what they were."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data.files.fingerprint import what_changed
from sciml_bench.training.build import build_record


def changed_data(folder: RunFolder, configuration: Mapping[str, Any]) -> str | None:
    """What has become of a run's data, as words; None where nothing did, or nothing tells.

    Args:
        folder: of the run, whose record names the files.
        configuration: whose node `data` names them now.
    """
    known = folder.record.get("data_files")
    if not known:
        return None
    changes = [change for file in known if (change := what_changed(file))]
    record, found = build_record(configuration), []
    with suppress(FileNotFoundError):  # the record tells of them, or makes them anew
        found = record.find_files() if hasattr(record, "find_files") else []
    added = sorted(set(map(str, found)) - {str(file["path"]) for file in known})
    changes += [f"{path} was added" for path in added]
    more = f" and {len(changes) - 2} more" if len(changes) > 2 else ""
    return "; ".join(changes[:2]) + more if changes else None
