"""Implicit ALS by other means: implicit, irspack and Spark, on the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from _opponents import spark_session
from scipy.sparse import csr_matrix

#: Fits so many epochs.
Fit = Callable[[int], Any]


def of_libraries(matrix: csr_matrix, n_factors: int, n_threads: int) -> dict[str, Fit]:
    """implicit, and the solvers of irspack."""
    from implicit.cpu.als import AlternatingLeastSquares
    from irspack.recommenders import _ials_core as core
    from threadpoolctl import threadpool_limits

    def implicit(epochs: int) -> None:
        # As its own documentation wants it; more threads of BLAS only slow it down.
        with threadpool_limits(1, "blas"):
            AlternatingLeastSquares(
                factors=n_factors, iterations=epochs, num_threads=n_threads, random_state=1
            ).fit(matrix, show_progress=False)

    def irspack(solver: str) -> Fit:
        model = core.IALSModelConfigBuilder().set_K(n_factors).set_alpha0(0.03)
        model = model.set_reg(0.06).set_nu(0.75).set_init_stdev(0.1).set_random_seed(1)
        model = model.set_loss_type(core.LossType.IALSPP).build()
        solving = core.IALSSolverConfigBuilder().set_n_threads(n_threads).set_max_cg_steps(3)
        solving = solving.set_solver_type(getattr(core.SolverType, solver))
        solving = solving.set_ialspp_subspace_dimension(32).build()

        def fit(epochs: int) -> None:
            trainer = core.IALSTrainer(model, matrix)
            for _ in range(epochs):
                trainer.step(solving)

        return fit

    return {
        "implicit, CG": implicit,
        "irspack, CG": irspack("CG"),
        "irspack, iALS++ (32)": irspack("IALSPP"),
        "irspack, Cholesky (exact)": irspack("CHOLESKY"),
    }


@contextmanager
def of_spark(
    matrix: csr_matrix, n_factors: int, n_threads: int, is_wanted: bool
) -> Iterator[dict[str, Fit]]:
    """Spark's ALS on so many cores of this machine, warm and with its pairs in memory."""
    if not is_wanted:
        yield {}
        return
    from pyspark.ml.recommendation import ALS

    session = spark_session(n_threads)
    cells = matrix.tocoo()
    columns = {"user": cells.row, "item": cells.col, "rating": cells.data.astype("f4")}
    pairs = session.createDataFrame(pd.DataFrame(columns)).cache()
    pairs.count()

    def fit(epochs: int) -> None:
        blocks = {"numUserBlocks": n_threads, "numItemBlocks": n_threads}
        model = ALS(rank=n_factors, maxIter=epochs, implicitPrefs=True, seed=1, **blocks)
        model.fit(pairs)

    fit(1)
    yield {f"Spark {session.version} ALS, local[{n_threads}]": fit}
    session.stop()
