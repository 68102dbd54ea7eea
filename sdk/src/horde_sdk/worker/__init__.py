"""Generations and jobs with their states, capabilities, chains: for workers written for the published library.

Kept compatible with it; this project's own worker (`horde_worker`) uses the wire models and the client alone.
Modules are imported when first used.
"""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.worker.generations import (
        AlchemySingleGeneration as AlchemySingleGeneration,
        ImageSingleGeneration as ImageSingleGeneration,
        TextSingleGeneration as TextSingleGeneration,
    )
    from horde_sdk.worker.generations_base import HordeSingleGeneration as HordeSingleGeneration
    from horde_sdk.worker.job_base import (
        HordeWorkerJob as HordeWorkerJob,
        HordeWorkerJobConfig as HordeWorkerJobConfig,
        SingleGenerationTypeVar as SingleGenerationTypeVar,
    )
    from horde_sdk.worker.jobs import (
        AlchemyWorkerJob as AlchemyWorkerJob,
        ImageWorkerJob as ImageWorkerJob,
        TextWorkerJob as TextWorkerJob,
    )
    from horde_sdk.worker.known_kinds import (
        KnownGenerationType as KnownGenerationType,
        KnownWorkerJobType as KnownWorkerJobType,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.worker.generations": (
            "AlchemySingleGeneration",
            "ImageSingleGeneration",
            "TextSingleGeneration",
        ),
        "horde_sdk.worker.generations_base": ("HordeSingleGeneration",),
        "horde_sdk.worker.job_base": ("HordeWorkerJob", "HordeWorkerJobConfig", "SingleGenerationTypeVar"),
        "horde_sdk.worker.jobs": ("AlchemyWorkerJob", "ImageWorkerJob", "TextWorkerJob"),
        "horde_sdk.worker.known_kinds": ("KnownGenerationType", "KnownWorkerJobType"),
    },
)
