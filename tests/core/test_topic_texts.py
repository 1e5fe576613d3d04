"""What is amiss with the topics, in words."""

from pipeline.core.topic_texts import TopicProblem


def test_a_problem_prints_as_a_sentence_with_the_command_below_it() -> None:
    problem = TopicProblem("topic kameleoon-audit does not exist", "kameleoon-pipeline topics apply")
    assert str(problem) == "topic kameleoon-audit does not exist\n    kameleoon-pipeline topics apply"
