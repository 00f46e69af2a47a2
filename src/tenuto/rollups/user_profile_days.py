"""One row per user and day: what the service knew of the user at the last event of the day.

Read for the day of registration and the plan. Gender, place and browser are kept for people to
look at; no feature reads them.
"""

from tenuto.rollups._day import Day, last_profiles

KEY = ("user_id", "day")
NEEDS = ("registered",)


def build(day: Day):
    """Registration, plan, gender, location and user agent."""
    return last_profiles(day.profiles)
