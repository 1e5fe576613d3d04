"""What the shell offers to complete."""

from typer.testing import CliRunner

from pipeline.cli.main import app


def _offered(words: str) -> list[str]:
    environment = {
        "_KAMELEOON_PIPELINE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    return CliRunner().invoke(app, prog_name="kameleoon-pipeline", env=environment).output.split()


def test_verbs_and_options_are_offered() -> None:
    assert _offered("kameleoon-pipeline re") == ["reconcile", "replay"]
    assert _offered("kameleoon-pipeline explain --wa") == ["--watch"]


def test_stages_and_outcomes_are_offered() -> None:
    assert _offered("kameleoon-pipeline tap de") == ["decode", "deliver"]
    assert _offered("kameleoon-pipeline tap audit --outcome f") == ["filtered", "failed"]


def test_reasons_of_dead_letters_are_offered_and_no_others() -> None:
    assert _offered("kameleoon-pipeline replay --reason request") == ["request_too_large"]
    assert _offered("kameleoon-pipeline replay --reason no_mapping") == []
