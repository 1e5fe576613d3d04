"""Files and functions stay short enough to be read in one go."""

import ast
import statistics
from pathlib import Path

from tests.support.tree import ROOT, python_files, shown

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 12
P95_FUNCTION = 40


def function_lengths(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {
        f"{shown(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for function in functions
    }


def test_no_file_outgrows_one_reading() -> None:
    lengths = {shown(path): len(path.read_text().splitlines()) for path in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_outgrows_one_screen() -> None:
    lengths = {name: lines for path in python_files() for name, lines in function_lengths(path).items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_most_functions_are_short() -> None:
    lengths = [
        lines for path in python_files("pipeline", "topics") for lines in function_lengths(path).values()
    ]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert statistics.quantiles(lengths, n=20)[-1] <= P95_FUNCTION


def test_the_ruler_counts_from_the_name_to_the_last_line() -> None:
    path = ROOT / "tests" / "house" / "test_length.py"
    lengths = function_lengths(path)
    assert [
        lines for name, lines in lengths.items() if name.endswith(" test_no_file_outgrows_one_reading")
    ] == [3]
