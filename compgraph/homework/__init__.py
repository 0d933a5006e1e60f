"""Checking hand calculations: read what a student wrote, mark every cell fairly, find the mistake.

>>> problem = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"})
>>> grade(problem, {"val:z": "0.5", "val:a": "0.622", "grad:w": "0.353"}).score
3.0
"""

from compgraph.homework.answers import Answer, read_answer
from compgraph.homework.classes import grade_class
from compgraph.homework.classreport import ClassReport
from compgraph.homework.grading import grade
from compgraph.homework.problem import Problem
from compgraph.homework.report import CellReport, Report
from compgraph.homework.roster import load_roster
from compgraph.homework.sheets import Sheet, load_sheet, load_sheets
from compgraph.homework.variants import Variant, printed, student_seed, variant
from compgraph.homework.verdict import CREDIT
from compgraph.homework.worksheet import Worksheet

__all__ = [
    "CREDIT",
    "Answer",
    "CellReport",
    "ClassReport",
    "Problem",
    "Report",
    "Sheet",
    "Variant",
    "Worksheet",
    "grade",
    "grade_class",
    "load_roster",
    "load_sheet",
    "load_sheets",
    "printed",
    "read_answer",
    "student_seed",
    "variant",
]
