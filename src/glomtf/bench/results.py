"""What was measured, as JSON and as a table: beside the peer, the machine's peak and the floor."""

import os
import platform

from glomtf.bench.floor import floor_seconds

SCHEMA = "glomtf.bench/1"


def report(rows):
    """Everything that was measured, as one JSON-ready dict."""
    versions = {"python": platform.python_version()}
    for row in rows:
        versions |= row.get("versions", {})
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    rows = [row | floor for row, floor in zip(rows, floors(rows), strict=True)]
    return {"schema": SCHEMA, "machine": machine, "versions": versions, "rows": rows}


def floors(rows):
    """For each row {"floor_seconds", "floor_by"}, see :func:`floor_seconds`; {} where unknown."""
    peaks, found = _peaks(rows), []
    for row in rows:
        peak = peaks.get(_type(row)), peaks.get("memory")
        known = "flops" in row and "bytes" in row and None not in peak
        seconds = floor_seconds(row["flops"], row["bytes"], *peak) if known else ()
        found.append(dict(zip(("floor_seconds", "floor_by"), seconds, strict=False)))
    return found


def table(rows):
    """The results as lines of text: medians, ratios to the peer, share of the machine's peak."""
    good = [row for row in rows if "failed" not in row]
    peaks = _peaks(rows)
    head = f"{'':48}{'median s':>9}{'first s':>9}{'grown MB':>9}{'x eager':>9}{'x comp.':>9}"
    lines = [head + f"{'GFLOP':>9}{'of peak':>9}{'floor s':>9}  by"]
    for row, floor in zip(rows, floors(rows), strict=True):
        name = f"{row['part']}: {row['name']}"
        if row["part"] == "train":
            name += f", batch {row['batch']}"
        elif row["part"] == "levels":
            name += f", {row['sizes']['levels']}"
        elif row["part"] == "iterations":
            name += f", {row['task']} {row['iters']}"
        if "failed" in row:
            lines.append(f"{name[:48]:48}failed: {row['failed'][:70]}")
            continue
        cells = [f"{row['median']:9.4g}{row['first']:9.3g}{row['grown_mb']:9.0f}"]
        for compiled in (False, True):
            peer = _peer(good, row, compiled)
            cells.append(f"{peer['median'] / row['median']:9.2f}" if peer else " " * 9)
        if "flops" in row:
            rate, peak = row["flops"] / row["median"], peaks.get(_type(row))
            share = f"{rate / peak:9.0%}" if peak else " " * 9
            cells.append(f"{row['flops'] / 1e9:9.1f}{share}")
        if floor:
            cells.append(f"{floor['floor_seconds']:9.3g}  {floor['floor_by']}")
        lines.append(f"{name[:48]:48}" + "".join(cells))
    return lines


def _peaks(rows):
    """What the machine did per second: operations by type, and bytes as "memory"."""
    peaks = {}
    for row in rows:
        if row["part"] == "peak" and "failed" not in row:
            if "flops" in row:
                peaks[row["dtype"]] = row["flops"] / row["median"]
            else:
                peaks["memory"] = row["bytes"] / row["median"]
    return peaks


def _type(row):
    return row.get("dtype", "").removeprefix("mixed_")


def _peer(rows, row, compiled):
    """What a row is compared with: eager float32, or compiled in the same type; None if none."""
    dtype = _type(row) if compiled else "float32"
    for other in rows:
        alike = all(other.get(k) == row.get(k) for k in ("part", "task", "batch", "iters", "sizes"))
        plain = other["who"] == "glom-pytorch" and not other.get("checkpoint")
        if alike and plain and bool(other.get("compile")) is compiled and other["dtype"] == dtype:
            return other
    return None
