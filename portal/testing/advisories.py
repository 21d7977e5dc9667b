"""Published weaknesses of the pinned packages, told apart from having nobody to ask.

`pip-audit` ends alike whether a package is weak or the service is out of reach, and counts a
package the service does not know as fine. Run as `python -m portal.testing.advisories FILE`.
"""

import json
import subprocess
import sys
from typing import Any

UNREACHABLE = "! The advisory service could not be reached: {count} packages were NOT checked."


def main(requirements: str) -> int:
    """Print what was found; 1 only for a known weakness."""
    packages = _audit(requirements)
    weak = [(package, flaw) for package in packages for flaw in package.get("vulns", [])]
    for package, flaw in weak:
        fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    unchecked = [package for package in packages if "skip_reason" in package]
    if unchecked or not packages:
        print(UNREACHABLE.format(count=len(unchecked) or "all"))
    return 1 if weak else 0


def _audit(requirements: str) -> list[dict[str, Any]]:
    """Each package as pip-audit describes it; nothing if it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "-r", requirements, "--disable-pip", "--no-deps"]
    command += ["--progress-spinner", "off", "--timeout", "10", "--format", "json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
