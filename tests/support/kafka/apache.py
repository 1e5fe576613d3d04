"""Apache Kafka's own jars, fetched once with Maven, and the Java to run them on."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.kafka.unavailable import Unavailable

KAFKA_VERSION = "4.3.1"
OLDEST_JAVA = 17
_DOWNLOAD_TIMEOUT_S = 600
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{version}</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion>
        <exclusion><groupId>org.scala-lang</groupId><artifactId>scala-reflect</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


def java() -> str:
    """Path of a Java that runs Kafka: JAVA_HOME first, then PATH. Raises `Unavailable`."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    if found is None:
        raise Unavailable(f"no java in {'JAVA_HOME' if home else 'PATH'}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Unavailable(f"Kafka needs Java {OLDEST_JAVA} or newer, {found} says: {said.strip()!r}")
    return found


def class_path() -> str:
    """What `java -cp` takes to run Kafka; fetches the jars when needed. Raises `Unavailable`."""
    return str(jars() / "*")


def jars(version: str = KAFKA_VERSION) -> Path:
    """The folder with everything that one version of the broker needs. Raises `Unavailable`."""
    pom = _POM.format(version=version)
    digest = hashlib.sha256(pom.encode()).hexdigest()[:8]
    folder = cache_folder() / f"kafka-{version}-{digest}"
    if folder.is_dir():
        return folder
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _fetch(pom, folder)
    return folder


def cache_folder() -> Path:
    """Where the jars stay between test sessions, shared by all checkouts of one user."""
    parent = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(parent) / "kameleoon-pipeline"


def _fetch(pom: str, folder: Path) -> None:
    """Fill the folder; it appears whole, or not at all."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("no mvn in PATH to fetch Apache Kafka with")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        file, fetched = Path(scratch, "pom.xml"), Path(scratch, "jars")
        file.write_text(pom)
        command = [maven, "-q", "-B", "-f", str(file), _COPY_GOAL]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
        try:
            subprocess.run(command, check=True, timeout=_DOWNLOAD_TIMEOUT_S, capture_output=True, text=True)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"mvn did not end within {_DOWNLOAD_TIMEOUT_S} s") from None
        except subprocess.CalledProcessError as error:
            raise Unavailable(f"mvn failed: {error.stdout[-1000:]}") from None
        fetched.rename(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
