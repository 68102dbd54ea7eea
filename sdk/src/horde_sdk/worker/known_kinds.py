"""Types of all kinds of generation and of job."""

from horde_sdk.worker.generations import AlchemySingleGeneration, ImageSingleGeneration, TextSingleGeneration
from horde_sdk.worker.jobs import AlchemyWorkerJob, ImageWorkerJob, TextWorkerJob

KnownGenerationType = ImageSingleGeneration | AlchemySingleGeneration | TextSingleGeneration
KnownWorkerJobType = ImageWorkerJob | AlchemyWorkerJob | TextWorkerJob
