"""archive_speed.py: times for an archive as large as CIFAR-100's, made of noise that compresses as its images do.

    make build/bench/archive-speed && taskset -c 0 python3 bench/peers/archive_speed.py [FOLDER]

first: hashed, unpacked, members hashed, decoded; later: the same with what is remembered; open: is it still the same file.
Needs NumPy.
"""
import gzip, hashlib, io, json, os, shutil, statistics, subprocess, sys, tarfile, tempfile
import numpy


def records(generator, count):
    bytes_ = numpy.clip(generator.normal(128, 38, (count, 3074)), 0, 255).astype(numpy.uint8)
    bytes_[:, 0] %= 20
    bytes_[:, 1] %= 100
    return bytes_.tobytes()


def main():
    folder = tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else None)
    generator = numpy.random.default_rng(1)
    members, tar = [], io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for part, count in (("train", 50000), ("test", 10000)):
            data = records(generator, count)
            name = "cifar-100-binary/%s.bin" % part
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
            members.append({"name": name, "part": part, "records": count, "md5": hashlib.md5(data).hexdigest()})
    packed = gzip.compress(tar.getvalue(), 6)
    with open(folder + "/noise.tar.gz", "wb") as f:
        f.write(packed)
    entry = {"file": "noise.tar.gz", "dataset": "cifar-100", "size": len(packed), "remark": "noise",
             "sha256": hashlib.sha256(packed).hexdigest(), "members": members}
    with open(folder + "/catalog.json", "w") as f:
        json.dump({"files": [entry]}, f)
    try:
        out = subprocess.run(["build/bench/archive-speed", folder + "/catalog.json", folder], check=True,
                             stdout=subprocess.PIPE).stdout.decode().split("\n")
    finally:
        shutil.rmtree(folder)
    print("archive of %.1f MB" % (len(packed) / 1e6))
    for kind in ("first", "later", "open"):
        times = [float(line.split()[1]) for line in out if line.startswith(kind + " ")]
        print("%-6s %.5f s (median of %d)" % (kind, statistics.median(times), len(times)))


main()
