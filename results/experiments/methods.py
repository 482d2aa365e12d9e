#!/usr/bin/env python3
"""The table of methods.ini from its run folders: accuracies, and paired differences from FT with 95 % intervals.

usage: methods.py RUNS

RUNS is the folder of runs, results/runs/methods. Writes methods.csv beside this script: one line for each run, failed ones
included. Pairs are cells of one corruption and seed, which share teacher, first weights and image order; intervals are
Student's over the pairs.
"""
import csv
import json
import math
import pathlib
import sys

METHODS = ("FT", "AM", "FA", "TransInv")
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 14: 2.145}


def mean(values):
    return sum(values) / len(values)


def interval(differences):
    n = len(differences)
    middle = mean(differences)
    deviation = math.sqrt(sum((d - middle) ** 2 for d in differences) / (n - 1))
    half = T_975[n - 1] * deviation / math.sqrt(n)
    return f"{middle:+.2f} ({middle - half:+.2f}, {middle + half:+.2f})"


def read(folder):
    run = json.loads((folder / "run.json").read_text())
    path = folder / "result.json"
    result = json.loads(path.read_text()) if path.exists() else {"status": "unfinished"}
    curve = (result.get("corrupted") or {}).get("accuracy_percent") or [math.nan] * 6
    return {"run": run["name"], "role": run["role"], "method": run["method"] or "", "corruption": run["corruption"],
            "seed": run["seed"], "status": result["status"], "clean": result.get("test_accuracy_percent", math.nan),
            "corrupted": mean(curve[1:])}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    runs = sorted((read(f) for f in pathlib.Path(sys.argv[1]).iterdir() if (f / "run.json").exists()),
                  key=lambda r: (r["corruption"], r["seed"], r["role"], r["method"]))
    with open(pathlib.Path(__file__).resolve().parent / "methods.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, runs[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**r, "clean": f"{r['clean']:.2f}", "corrupted": f"{r['corrupted']:.2f}"} for r in runs)
    cells = {(r["method"], r["corruption"], r["seed"]): r for r in runs if r["role"] == "target" and r["status"] == "done"}
    keys = sorted({(c, s) for _, c, s in cells}, key=lambda k: ("GN Co ET DB Fo".split().index(k[0]), k[1]))
    columns = list(dict.fromkeys(c for c, _ in keys))
    for what in ("clean", "corrupted"):
        print(f"\n| {what} | " + " | ".join(columns) + " | mean | minus FT, 95 % interval |\n|---" * 1 + "|---" * (len(columns) + 2) + "|")
        for method in METHODS:
            values = [mean([cells[method, c, s][what] for k, s in keys if k == c]) for c in columns]
            paired = [cells[method, c, s][what] - cells["FT", c, s][what] for c, s in keys]
            print(f"| {method} | " + " | ".join(f"{v:.1f}" for v in values) + f" | {mean(values):.2f} | "
                  + ("" if method == "FT" else interval(paired)) + " |")


main()
