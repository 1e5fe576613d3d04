"""Stage validate: the payload rules of an action, exactly the reference's (section 3)."""

from pipeline.core.validate.fields import Condition, Field, Fields, FieldType, Operator, RequiredWhen
from pipeline.core.validate.problems import Invalid, PayloadProblem, ProblemCode, Valid
from pipeline.core.validate.rejection import rejection_reason
from pipeline.core.validate.validator import Validator, compile_fields

__all__ = [
    "Condition",
    "Field",
    "FieldType",
    "Fields",
    "Invalid",
    "Operator",
    "PayloadProblem",
    "ProblemCode",
    "RequiredWhen",
    "Valid",
    "Validator",
    "compile_fields",
    "rejection_reason",
]
