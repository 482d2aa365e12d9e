"""download_speed.py: transinv fetch beside curl, by turns, from the same nginx on loopback.

    python3 bench/peers/download_speed.py [--rounds 15] [--megabytes 170] [--folder DIR]

Both write the file into DIR (default: a temporary folder); curl stops when it has it, fetch when it is hashed, compared,
synchronised with the disk and renamed. Times are those that both report, without the start of the process. Needs nginx
and curl.
"""
import argparse, hashlib, json, os, re, shutil, socket, statistics, subprocess, tempfile, time

CONFIGURATION = """daemon off; master_process off; pid %(f)s/nginx.pid; error_log %(f)s/error.log;
events {}
http { access_log off; sendfile on; client_body_temp_path %(f)s/t1; proxy_temp_path %(f)s/t2;
       fastcgi_temp_path %(f)s/t3; uwsgi_temp_path %(f)s/t4; scgi_temp_path %(f)s/t5;
       server { listen 127.0.0.1:%(p)d; root %(f)s; } }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_server(folder, port):
    with open(folder + "/nginx.conf", "w") as f:
        f.write(CONFIGURATION % {"f": folder, "p": port})
    server = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", folder + "/nginx.conf"],
                              stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nginx does not answer")


def output_of(command, environment):
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--megabytes", type=float, default=170.052171)
    parser.add_argument("--folder")
    parser.add_argument("--program", default="build/transinv")
    chosen = parser.parse_args()
    folder = tempfile.mkdtemp(dir=chosen.folder)
    os.chmod(folder, 0o755)
    data = os.urandom(int(chosen.megabytes * 1e6))
    with open(folder + "/file.bin", "wb") as f:
        f.write(data)
    port = free_port()
    address = "http://127.0.0.1:%d/file.bin" % port
    entry = {"file": "file.tar.gz", "dataset": "cifar-10", "size": len(data),
             "sha256": hashlib.sha256(data).hexdigest(), "remark": "random bytes", "address": address,
             "members": [{"name": "a/b", "part": "train", "records": 1}, {"name": "a/c", "part": "test", "records": 1}]}
    with open(folder + "/catalog.json", "w") as f:
        json.dump({"files": [entry]}, f)
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    server = start_server(folder, port)
    curl, fetch = [], []
    try:
        for _ in range(chosen.rounds + 1):
            curl.append(float(output_of(["curl", "-s", "-o", folder + "/curl.bin", "-w", "%{time_total}", address],
                                        environment)))
            os.unlink(folder + "/curl.bin")
            said = output_of([chosen.program, "fetch", "-v", "file.tar.gz", "--catalog", folder + "/catalog.json",
                              "--data", folder + "/data"], environment)
            fetch.append(float(re.search(r": ([0-9.]+) s from the first request", said).group(1)))
            shutil.rmtree(folder + "/data")
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)
    ratios = sorted(c / f for c, f in zip(curl[1:], fetch[1:]))  # the first round warms the page cache
    quarter = len(ratios) // 4
    print("curl   %.3f s (median of %d)" % (statistics.median(curl[1:]), chosen.rounds))
    print("fetch  %.3f s" % statistics.median(fetch[1:]))
    print("speed of fetch / speed of curl: %.2f (quartiles %.2f and %.2f)"
          % (statistics.median(ratios), ratios[quarter], ratios[-1 - quarter]))


main()
