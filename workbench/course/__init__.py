"""A course of the lessons: what a lecturer hands out, made from each lesson and its key."""

from workbench.course.editions import editions
