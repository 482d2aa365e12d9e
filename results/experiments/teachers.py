#!/usr/bin/env python3
"""Trains the teachers of teachers.ini and clean ones beside them, and measures both on each corruption.

usage: teachers.py DATA RUNS [TRANSINV]

DATA holds the CIFAR-10 archive that datasets/catalogs/cifar-subset.json describes; RUNS receives the run folders, and
keeps what is finished. Writes teachers.csv beside this script: one line per corruption, accuracies in percent.
"""
import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CODES = "GN SN IN Br Co ET DB GB MB ZB Sn Fr Fo Pi JC".split()
SEEDS = (1, 2)
CURVE_SEED = "15"  # of the corruptions in every result.json (harness/severity_curve.h)


def mean(values):
    return sum(values) / len(values)


class Experiment:
    def __init__(self, data, runs, program):
        self.runs = pathlib.Path(runs)
        self.program = program
        self.data = ["--data", data, "--catalog", str(ROOT / "datasets/catalogs/cifar-subset.json")]

    def call(self, *arguments):
        return subprocess.run([self.program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    def train(self, name, seed, *more):
        """The finished run's folder."""
        folder = self.runs / f"{name}-seed{seed}"
        self.call("train", "--preset", str(HERE / "teachers.ini"), "--dataset", "cifar-10", *self.data, "--quiet",
                  "--seed", str(seed), "--output", str(folder), *more)
        return folder

    def clean_accuracies(self, folder):
        """{code: mean accuracy over severities 1 .. 5} and the clean accuracy of a model."""
        path = folder / "corrupted.json"
        self.call("evaluate", str(folder / "model.safetensors"), "--dataset", "cifar-10", *self.data, "--quiet",
                  "--corrupted", "--seed", CURVE_SEED, "--json=" + str(path))
        found = json.loads(path.read_text())
        curves = {c["code"]: c["mean_accuracy_percent"] for c in found["corrupted"]["corruptions"]}
        return curves, found["accuracy_percent"]

    def teacher_accuracies(self, folder):
        curve = json.loads((folder / "result.json").read_text())["corrupted"]["accuracy_percent"]
        return mean(curve[1:]), curve[0]


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    experiment = Experiment(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else str(ROOT / "build/transinv"))
    clean = [experiment.clean_accuracies(experiment.train("clean", seed)) for seed in SEEDS]
    rows = []
    for code in CODES:
        own = [experiment.teacher_accuracies(experiment.train("teacher-" + code, seed, "--corruption", code))
               for seed in SEEDS]
        rows.append([code] + [f"{curves[code]:.2f}" for curves, _ in clean] + [f"{on:.2f}" for on, _ in own]
                    + [f"{mean([on for on, _ in own]) - mean([curves[code] for curves, _ in clean]):.2f}"]
                    + [f"{accuracy:.2f}" for _, accuracy in own])
        print(*rows[-1], flush=True)
    with open(HERE / "teachers.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["corruption", "clean_trained_seed1", "clean_trained_seed2", "teacher_seed1", "teacher_seed2",
                         "difference", "teacher_on_clean_seed1", "teacher_on_clean_seed2"])
        writer.writerows(rows)
    better = sum(float(row[5]) > 0 for row in rows)
    print(f"teachers are better on their corruption in {better} of {len(rows)}; clean-trained on clean images: "
          + ", ".join(f"{accuracy:.2f}" for _, accuracy in clean))


main()
