"""What jobs, generations and results are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from published_scenarios.making import (
    GENERATIONS,
    JOBS,
    ids_of,
    image_job,
    text_job,
)
from published_scenarios.telling import scenario

for _kind, _make in JOBS.items():

    @scenario(
        f"{_kind} job's ids",
        none=({},),
        job=({"dispatch_job_id": "D"},),
        empty_job=({"dispatch_job_id": ""},),
        one_result=({"dispatch_result_ids": ["x"]},),
        job_and_one_result=({"dispatch_job_id": "D", "dispatch_result_ids": ["x"]},),
        more_results_than_the_batch=({"dispatch_job_id": "D", "dispatch_result_ids": ["a", "b"]},),
        no_results=({"dispatch_job_id": "D", "dispatch_result_ids": []},),
    )
    def _job_ids(options: dict[str, Any], make: Callable[..., Any] = _make) -> Any:
        return ids_of(make(**options))

    @scenario(f"{_kind} job whose generation knows the dispatcher's ids")
    def _known_ids(make: Callable[..., Any] = _make, kind: str = _kind) -> Any:
        return ids_of(make(generation=GENERATIONS[kind](dispatch_result_ids=["g"]), dispatch_job_id="D"))

    @scenario(f"{_kind} job whose generation knows other ids than the dispatcher's")
    def _other_ids(make: Callable[..., Any] = _make, kind: str = _kind) -> Any:
        generation = GENERATIONS[kind](dispatch_result_ids=["g"])
        return ids_of(make(generation=generation, dispatch_job_id="D", dispatch_result_ids=["x"]))

    @scenario(f"{_kind} job is called otherwise by its dispatcher later")
    def _set_ids(make: Callable[..., Any] = _make) -> Any:
        job = make()
        job.set_dispatch_job_id("D")
        told = [ids_of(job)]
        job.set_dispatch_job_id("E")
        told.append(ids_of(job))
        job.set_dispatch_job_id(None)
        return [*told, ids_of(job)]

    @scenario(
        f"{_kind} generation is told the dispatcher's ids later",
        one=(["x"],),
        two=(["x", "y"],),
        none=([],),
        forgotten=(None,),
    )
    def _told_ids(ids: Any, kind: str = _kind) -> Any:
        generation = GENERATIONS[kind](dispatch_result_ids=["g"])
        generation.set_dispatch_result_ids(ids)
        return generation.dispatch_result_ids

    @scenario(
        f"{_kind} generation's ids",
        dispatch_longer=({"dispatch_result_ids": ["x", "y"]},),
        dispatch_empty=({"dispatch_result_ids": []},),
        own_longer=({"result_ids": ["o", "p"]},),
        own_empty=({"result_ids": []},),
        empty_id=({"generation_id": ""},),
        id=({"generation_id": "G"},),
    )
    def _generation_ids(options: dict[str, Any], kind: str = _kind) -> Any:
        generation = GENERATIONS[kind](**options)
        return [generation.generation_id, generation.dispatch_result_ids, len(generation.short_id)]

    @scenario(f"{_kind} generation's results are called", as_they_are=({},), own=({"result_ids": ["o"]},))
    def _result_ids(options: dict[str, Any], kind: str = _kind) -> Any:
        return GENERATIONS[kind](**options).result_ids

    @scenario(
        f"{_kind} job's own name",
        none=({},),
        job=({"job_id": "J"},),
        empty=({"job_id": ""},),
        empty_and_kept=({"job_id": "", "preserve_generation_id": True},),
        kept=({"preserve_generation_id": True},),
        job_and_kept=({"job_id": "J", "preserve_generation_id": True},),
    )
    def _job_name(options: dict[str, Any], make: Callable[..., Any] = _make, kind: str = _kind) -> Any:
        job = make(generation=GENERATIONS[kind](generation_id="G"), **options)
        identifier = job.job_identifier_string.partition(":")[0]
        return [job.job_id, job.generation.generation_id, identifier, job.dispatch_job_id]


@scenario(
    "batch of two and the dispatcher's ids",
    job=({"dispatch_job_id": "D"},),
    one=({"dispatch_job_id": "D", "dispatch_result_ids": ["x"]},),
    two=({"dispatch_job_id": "D", "dispatch_result_ids": ["x", "y"]},),
    three=({"dispatch_job_id": "D", "dispatch_result_ids": ["x", "y", "z"]},),
)
def _batch_ids(options: dict[str, Any]) -> Any:
    return [ids_of(image_job(batch=2, **options)), ids_of(text_job(batch=2, **options))]
