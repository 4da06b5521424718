"""How fast the verifier reads frames of one vote each. Usage: python -m verifier.tests.bench [FRAMES]"""
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from verifier.tests import election as made


def main():
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    made.VOTERS = frames
    with tempfile.TemporaryDirectory() as directory:
        files = made.Election(directory, made.log_of())
        bodies = ((made.OPENS + at, files.body({made.LAW: [at]}, at)) for at in range(frames))
        files.write([bodies])
        files.publish()
        size = sum(path.stat().st_size for path in files.partition.iterdir())
        words = [sys.executable, "-m", "verifier", "--package", files.package, "--trust", files.root / "officer-1.pub"]
        for what, more in (("package alone", ["--ledger", files.root / "none"]), ("frames", ["--ledger", files.ledger])):
            begun = resource.getrusage(resource.RUSAGE_CHILDREN)
            ended = subprocess.run(words + more, cwd=Path(made.__file__).parents[2], capture_output=True, text=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
            print(f"{what}: {seconds:.1f} s of one processor, exit {ended.returncode}; {frames} frames, {size} bytes")
    print(ended.stdout, ended.stderr)


if __name__ == "__main__":
    main()
