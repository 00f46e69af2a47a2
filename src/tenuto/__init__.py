"""Tenuto keeps a music-streaming service's listeners.

>>> import tenuto
>>> "run" in dir(tenuto)
True

Everything here is imported when it is first asked for, so that ``import tenuto`` costs nothing.
The rooms (``tenuto.features``, ``tenuto.churn``, ...) are packages of their own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenuto.errands import (
        back_fill,
        measure_campaign,
        replicate,
        score_table,
        train_on_table,
    )
    from tenuto.errands import compare as compare_models
    from tenuto.errands import train as tune_models
    from tenuto.errors import TenutoError
    from tenuto.pipeline import churn as predict_churn
    from tenuto.pipeline import (
        demo,
        init,
        preview,
        recommend,
        report,
        run,
        simulate,
    )
    from tenuto.pipeline import ingest as ingest_logs
    from tenuto.pipeline import retain as plan_campaign
    from tenuto.workspace import Workspace

__version__ = "0.1.0"

# No name here is that of a room: importing the room `tenuto.churn` would take its place.
_HOMES = {
    "TenutoError": "tenuto.errors:TenutoError",
    "Workspace": "tenuto.workspace:Workspace",
    "back_fill": "tenuto.errands:back_fill",
    "compare_models": "tenuto.errands:compare",
    "demo": "tenuto.pipeline:demo",
    "ingest_logs": "tenuto.pipeline:ingest",
    "init": "tenuto.pipeline:init",
    "measure_campaign": "tenuto.errands:measure_campaign",
    "plan_campaign": "tenuto.pipeline:retain",
    "predict_churn": "tenuto.pipeline:churn",
    "preview": "tenuto.pipeline:preview",
    "recommend": "tenuto.pipeline:recommend",
    "replicate": "tenuto.errands:replicate",
    "report": "tenuto.pipeline:report",
    "run": "tenuto.pipeline:run",
    "score_table": "tenuto.errands:score_table",
    "simulate": "tenuto.pipeline:simulate",
    "train_on_table": "tenuto.errands:train_on_table",
    "tune_models": "tenuto.errands:train",
}

__all__ = [
    "TenutoError",
    "Workspace",
    "__version__",
    "back_fill",
    "compare_models",
    "demo",
    "ingest_logs",
    "init",
    "measure_campaign",
    "plan_campaign",
    "predict_churn",
    "preview",
    "recommend",
    "replicate",
    "report",
    "run",
    "score_table",
    "simulate",
    "train_on_table",
    "tune_models",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tenuto' has no attribute '{name}'")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
