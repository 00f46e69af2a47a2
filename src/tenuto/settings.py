"""Everything in ``tenuto.toml``: a class for each section, with defaults and bounds."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tenuto.threads import cores

_MEMORY = re.compile(r"[1-9]\d* ?[MGT]i?B", re.IGNORECASE)
_SPARK_URL = re.compile(
    r"local(\[(\*|[1-9]\d*)(,\d+)?\])?$|spark://[^/,:]+:\d+(,[^/,:]+:\d+)*$"
    r"|sc://[^/,:]+(:\d+)?(/.*)?$|yarn$|k8s://.+"
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class IngestSettings(_Section):
    keep_search_text: bool = Field(False, description="store what people typed")
    share_of_users: float = Field(1.0, gt=0, le=1, description="keep this share of users, by hash")
    on_bad_row: Literal["set-aside", "stop"] = Field(
        "set-aside", description="what to do with a record that cannot be read"
    )


class SourceSettings(_Section):
    name: str = Field(description="a member of sources/")
    logs: str = Field(
        description="the raw logs: a folder or a file, relative to the workspace, or a URL"
    )
    mapping: dict[str, Any] = Field({}, description="for `mapped` alone: which column is what")


class ChurnSettings(_Section):
    label: str = Field(
        "",
        description="what is foretold: a member of labels/; empty means cancellation where the "
        "log holds any, else inactivity",
    )
    horizon_days: int = Field(14, ge=1, description="how far ahead the label looks")
    models: list[str] = Field([], description="members of churn/; empty means the usual ones")
    call_list_model: str = Field("boosting", description="the model behind the call list")
    folds: int = Field(5, ge=2, description="groups of users for out-of-user scores")
    training_cutoffs: int = Field(4, ge=1, description="how many closed cutoffs are stacked")
    days_between_cutoffs: int = Field(
        0,
        ge=0,
        description="days between training cutoffs; 0 spreads them over the log, at most a third "
        "of a horizon apart",
    )
    bin_days: int = Field(14, ge=1, description="length of a bin on each user's own clock")
    min_history_days: int = Field(14, ge=1, description="days of log that a cutoff needs")
    max_training_rows: int = Field(300_000, ge=100, description="more are sampled by hash")
    allow_features: list[str] = Field(
        [],
        description="features, or whole guards, let pass by name because they are honest",
    )
    sampling: str = Field(
        "none", description="a member of sampling/ for few positives; none takes rows as they are"
    )
    bootstrap_draws: int = Field(1000, ge=20, description="draws behind every interval")


class RecommendSettings(_Section):
    model: str = Field(
        "auto",
        description="the member of recommenders/ that new songs are drawn from; auto: blend up to "
        "50,000 listeners, ials beyond",
    )
    recommenders: list[str] = Field(
        [], description="more members of recommenders/ to judge beside it"
    )
    preference: str = Field("max_score", description="a member of preferences/")
    window_days: int = Field(30, ge=1, description="how far back preferences look")
    history_days: int = Field(
        0, ge=0, description="how far back heard songs are remembered; 0 is the whole log"
    )
    k: int = Field(20, ge=1, description="songs on each list of a listener")
    min_items: int = Field(5, ge=1, description="fewer distinct songs than this is a cold start")
    max_items: int = Field(
        50_000, ge=1, description="new songs are recommended among so many most heard ones"
    )
    refit_days: int = Field(
        1, ge=1, description="days until models are fitted anew; in between they are updated"
    )
    signals: dict[str, float] = Field(
        {},
        description="settings of the preference `signals` that are not as usual: heard, "
        "finished, skips (0 or less), downloads, playlist_adds, likes, half_life_days",
    )
    learn_signals: bool = Field(
        False, description="learn them from what listeners played again, where that is better"
    )
    context: bool = Field(
        True, description="lean lists to what suits the device, where that helped on validation"
    )
    reranking: dict[str, dict[str, float]] = Field(
        {"artist_cap": {"at_most": 3}},
        description="members of reranking/ that Discover goes through, each with its settings",
    )
    mix_share: Literal["likely", "own"] = Field(
        "likely",
        description="likely: own and new songs of the Mix as likely as each is played; own: in "
        "the share in which the listener repeats",
    )
    lean_to_familiar: float = Field(
        0.5,
        ge=0,
        le=1,
        description="how far the Mix of whoever is most likely to leave leans to own songs",
    )


class OfferSettings(_Section):
    """What one action costs and does; what is left out is as the member of actions/ has it."""

    cost: float | None = Field(None, ge=0, description="for each listener who stays and takes it")
    saves: float | None = Field(
        None, ge=0, le=1, description="share of those about to leave whom it keeps"
    )


class RuleSettings(_Section):
    """A rule of the service's own; the first whose conditions hold decides the action."""

    action: str = Field(description="a member of actions/")
    when: str = Field(
        description='conditions joined by "and", such as "is_paid and probability > 0.4"'
    )


class RetentionSettings(_Section):
    campaign: str = Field(
        "retention",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="its name; groups are kept per campaign, so a new name draws them anew",
    )
    business_model: Literal["freemium", "paid", "advertising"] = Field(
        "freemium",
        description="freemium: a listener of unknown plan counts as free; paid: as paying, and "
        "nobody is offered a trial; advertising: nobody pays, so no action touches a price",
    )
    stage: Literal["stickiness", "revenue"] = Field(
        "revenue",
        description="revenue: actions are weighed by money now; stickiness: those without an "
        "offer are weighed without the cost of contact, so that they reach further, and offers "
        "that cut a price at twice their cost, so that they come last",
    )
    value: dict[Literal["free", "paid"], float] = Field(
        {"free": 10.0, "paid": 100.0},
        description="what a listener who stays is worth, per plan, in the service's own money, "
        "over the time that you plan for",
    )
    contact_cost: float = Field(0.05, ge=0, description="of one message, whoever gets it")
    actions: list[str] = Field([], description="members of actions/; empty means all")
    offers: dict[str, OfferSettings] = Field(
        {}, description="cost and saves of an action, by its name, where they are not as usual"
    )
    rules: list[RuleSettings] = Field([], description="rules of your own: action and when")
    leave_alone_below: float = Field(
        0.02,
        ge=0,
        le=1,
        description="who is less likely to leave than this stays without a message, which might "
        "only remind of leaving",
    )
    capacity: int = Field(0, ge=0, description="how many listeners can be contacted; 0: all")
    explore_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="where there is a capacity, the share of it that goes to listeners further "
        "down by chance, so that it can be learned whom contact helps",
    )
    holdout_share: float = Field(
        0.1, ge=0, le=0.9, description="left without contact by chance, to measure against"
    )
    # Not written down with the other settings and the records of runs: it is a secret.
    holdout_key: str = Field(
        "",
        exclude=True,
        description="the secret behind the groups; better in the environment, as "
        "TENUTO_HOLDOUT_KEY. Empty: no secret, but groups are drawn all the same",
    )
    songs: int = Field(5, ge=0, description="songs beside each listener")
    explained: int = Field(20_000, ge=1, description="listeners whose reasons are put in words")

    @field_validator("value")
    @classmethod
    def _both_plans(cls, value: dict[str, float]) -> dict[str, float]:
        """A plan that is left out keeps its usual value."""
        if min(value.values(), default=0.0) < 0:
            raise ValueError("a value is at least 0")
        return {"free": 10.0, "paid": 100.0} | value


class PrivacySettings(_Section):
    pseudonyms: bool = Field(
        False,
        description="keep listeners under keyed pseudonyms alone; needs the secret (see "
        "TENUTO_PRIVACY_KEY), and the logs are read anew",
    )
    keep_days: int = Field(
        0,
        ge=0,
        description="days of log that are kept about listeners; what is older is removed with all "
        "that hangs on it. 0 keeps everything",
    )
    # Not in the records of runs, which people pass on: it says where the secret is.
    key_file: str = Field(
        "",
        exclude=True,
        description="a file outside of the workspace with the secret behind pseudonyms and "
        "tombstones; better in the environment, as TENUTO_PRIVACY_KEY",
    )


class DailySettings(_Section):
    """What `tenuto daily` does after the run."""

    export_to: str = Field(
        "",
        description="address of a warehouse that results are sent to, such as "
        "postgres://user@host/database; leave the password out of it. Empty: nowhere",
    )
    export_tables: list[str] = Field(
        [], description="groups or tables that are sent; empty means the results"
    )


class EngineSettings(_Section):
    name: str = Field("duckdb", description="a member of engines/")
    threads: int = Field(0, ge=0, le=1024, description="0 means one per core")
    memory: str = Field(
        "4GB",
        description="memory limit of the engine, in MB, GB or TB; of Spark, its driver's",
    )
    url: str = Field(
        "",
        description="for `spark` alone: a master such as spark://host:7077, a Connect server such "
        "as sc://host:15002, or local[2]; empty means the threads of this process",
    )
    spark: dict[str, str] = Field(
        {}, description='for `spark` alone: its own settings, such as "spark.executor.memory"'
    )

    @field_validator("memory")
    @classmethod
    def _a_size(cls, memory: str) -> str:
        if not _MEMORY.fullmatch(memory):
            raise ValueError("write a whole number with its unit, such as 512MB or 4GB")
        return memory

    @field_validator("url")
    @classmethod
    def _a_url_of_spark(cls, url: str) -> str:
        ports = [int(port) for port in re.findall(r":(\d+)", url)]
        if url and not (_SPARK_URL.match(url) and all(port < 1 << 16 for port in ports)):
            raise ValueError(
                "write spark://host:7077, sc://host:15002, local[2], yarn or k8s://https://host:443"
            )
        return url

    @field_validator("spark")
    @classmethod
    def _settings_of_spark(cls, spark: dict[str, str]) -> dict[str, str]:
        foreign = [name for name in spark if not name.startswith("spark.")]
        if foreign:
            raise ValueError(f"{foreign[0]} is no setting of Spark: they begin with spark.")
        return spark

    @model_validator(mode="after")
    def _for_spark_alone(self) -> EngineSettings:
        if self.name != "spark" and (self.url or self.spark):
            raise ValueError(f'url and spark need name = "spark", not "{self.name}"')
        return self

    def n_threads(self) -> int:
        """Threads to use, with 0 resolved to the cores this process may use."""
        return self.threads or cores()


class Settings(_Section):
    """Everything in ``tenuto.toml``; each value has a default."""

    source: SourceSettings
    random_state: int = 0
    ingest: IngestSettings = IngestSettings()
    churn: ChurnSettings = ChurnSettings()
    recommend: RecommendSettings = RecommendSettings()
    retention: RetentionSettings = RetentionSettings()
    privacy: PrivacySettings = PrivacySettings()
    daily: DailySettings = DailySettings()
    engine: EngineSettings = EngineSettings()

    @model_validator(mode="before")
    @classmethod
    def _from_0_1(cls, values: Any) -> Any:
        """Version 0.1 had the source and its logs on the top level."""
        if isinstance(values, dict) and isinstance(values.get("source"), str):
            rest = {name: value for name, value in values.items() if name != "logs"}
            return rest | {"source": {"name": values["source"], "logs": values.get("logs", "")}}
        return values
