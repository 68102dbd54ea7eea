"""The synchronous simple client: one call, one result; polling, errors and clean-up are taken care of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Unpack

from horde_sdk.ai_horde_api import image_downloads
from horde_sdk.ai_horde_api.apimodels.generate.async_ import (
    ImageGenerateAsyncDryRunResponse,
    ImageGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusResponse, ImageGeneration
from horde_sdk.ai_horde_api.base_clients import ClientOptions, horde_options
from horde_sdk.ai_horde_api.base_simple_client import POLL_INTERVAL_S, BaseAIHordeSimpleClient
from horde_sdk.ai_horde_api.consts import GENERATION_MAX_LIFE
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.image_requests import CheckCallback, ImageRequestRun, dry_run
from horde_sdk.ai_horde_api.manual_clients import AIHordeAPIClientSession
from horde_sdk.ai_horde_api.open_requests import OpenRequest, pause
from horde_sdk.ai_horde_api.request_batches import (
    REQUESTS_AT_ONCE,
    BatchResult,
    RequestBatch,
    split_images,
    split_texts,
)
from horde_sdk.ai_horde_api.simple_questions import Questions
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generic_api.argument_checks import require_known_options, require_seconds
from horde_sdk.generic_api.generic_clients import DEFAULT_TIMEOUT_S
from horde_sdk.generic_api.termination import cleaned_up_on_termination

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from horde_sdk.ai_horde_api.account_events import AccountEvent
    from horde_sdk.ai_horde_api.alchemy_requests import AlchemyCheckCallback
    from horde_sdk.ai_horde_api.apimodels.alchemy.async_ import AlchemyAsyncRequest
    from horde_sdk.ai_horde_api.apimodels.alchemy.status import AlchemyStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckResponse
    from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import (
        TextGenerateAsyncDryRunResponse,
        TextGenerateAsyncRequest,
    )
    from horde_sdk.ai_horde_api.apimodels.generate.text.status import TextGenerateStatusResponse
    from horde_sdk.ai_horde_api.embedding_models import (
        EmbeddingAsyncRequest,
        EmbeddingDryRunResponse,
        EmbeddingStatusResponse,
    )
    from horde_sdk.ai_horde_api.embedding_requests import EmbeddingCheckCallback
    from horde_sdk.ai_horde_api.questions import Question
    from horde_sdk.ai_horde_api.request_runs import RunOptions
    from horde_sdk.ai_horde_api.text_requests import TextCheckCallback
    from horde_sdk.generic_api.wire import ResponseT


class AIHordeAPISimpleClient(Questions, BaseAIHordeSimpleClient):
    """The easiest way to ask a horde. Threads may share one."""

    def __init__(
        self,
        *,
        poll_interval: float = POLL_INTERVAL_S,
        fail_fast: bool = False,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            poll_interval: Seconds between two looks at a request; the first looks follow each other sooner.
            fail_fast: Whether a request that no worker can do is given up at once, where the call does not say.
            **options: See `ClientOptions`.

        Raises:
            TypeError: There is no such option, or one is of a wrong type.
        """
        from horde_sdk.generic_api.sync_transport import SyncTransport

        super().__init__(poll_interval=poll_interval, fail_fast=fail_fast)
        timeout_s = options.get("timeout", DEFAULT_TIMEOUT_S)
        require_seconds(timeout_s, "timeout")
        require_known_options(options, [*ClientOptions.__annotations__, "poll_interval", "fail_fast"], "This client")
        self._options = options
        self._transport = SyncTransport(timeout_s=timeout_s)

    def image_generate_request(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: CheckCallback | None = None,
        *,
        fail_fast: bool | None = None,
    ) -> tuple[ImageGenerateStatusResponse, GenerationID]:
        """Ask for images, wait for them and return them. Whatever cuts the wait short cancels the request.

        Args:
            image_gen_request: What to make.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long; what was finished is attached.
            AIHordeImpossibleError: Nobody can do it, and `fail_fast` was said.
            HordeConnectionError: The horde could not be reached.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: The callback takes no argument.
        """
        run = ImageRequestRun.of(image_gen_request, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
        with OpenRequest(run, self._session) as opened:
            return opened.result(), opened.id_

    def open_image_request(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        *,
        fail_fast: bool | None = None,
    ) -> OpenRequest[ImageGenerateCheckResponse, ImageGenerateStatusResponse]:
        """Return a request to be followed by yourself; it is sent when you enter its `with` block.

        Args:
            image_gen_request: What to make.
            timeout: Seconds to wait at most.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        See `OpenRequest` for an example.
        """
        return OpenRequest(
            ImageRequestRun.of(image_gen_request, self._options_of_run(timeout, None, fail_fast=fail_fast)),
            self._session,
        )

    def image_generate_batch(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
        n: int,
        *,
        per_request: int = 4,
        at_once: int = REQUESTS_AT_ONCE,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: CheckCallback | None = None,
        fail_fast: bool | None = None,
    ) -> BatchResult[ImageGenerateStatusResponse]:
        """Ask for more images than one request may, in several requests; whatever cuts the wait short cancels them.

        Args:
            image_gen_request: What to make; its own `n` does not count.
            n: How many images in all.
            per_request: How many one request asks for, 1 to 20.
            at_once: How many requests may be open together.
            timeout: Seconds to wait for each request at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Returns:
            What was made; a request that brought nothing is among the failures.

        Raises:
            AIHordeRequestError: The horde refused a request before any was finished, or none brought anything.
            HordeConnectionError: The horde could not be reached, and no request brought anything.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: A number is out of bounds, or the callback takes no argument.
        """
        runs = [
            ImageRequestRun.of(one, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
            for one in split_images(image_gen_request, n, per_request)
        ]
        with cleaned_up_on_termination(), self._session() as session:
            return session.carry_out(RequestBatch(runs, at_once).steps)

    def image_generate_request_dry_run(
        self,
        image_gen_request: ImageGenerateAsyncRequest,
    ) -> ImageGenerateAsyncDryRunResponse:
        """Return what a request with `dry_run=True` would cost.

        Raises:
            RuntimeError: The request does not say `dry_run=True`.
            AIHordeRequestError: The server answered with an error.
        """
        with self._session() as session:
            return session.carry_out(lambda ask: dry_run(ask, image_gen_request))

    def text_generate_request(
        self,
        text_gen_request: TextGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: TextCheckCallback | None = None,
        *,
        fail_fast: bool | None = None,
    ) -> tuple[TextGenerateStatusResponse, GenerationID]:
        """Ask for texts, wait for them and return them. Whatever cuts the wait short cancels the request.

        Args:
            text_gen_request: What to go on from.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long; what was finished is attached.
            AIHordeImpossibleError: Nobody can do it, and `fail_fast` was said.
            HordeConnectionError: The horde could not be reached.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: The callback takes no argument.
        """
        from horde_sdk.ai_horde_api.text_requests import TextRequestRun

        run = TextRequestRun.of(text_gen_request, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
        with OpenRequest(run, self._session) as opened:
            return opened.result(), opened.id_

    def open_text_request(
        self,
        text_gen_request: TextGenerateAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        *,
        fail_fast: bool | None = None,
    ) -> OpenRequest[TextGenerateStatusResponse, TextGenerateStatusResponse]:
        """Return a request to be followed by yourself; it is sent when you enter its `with` block.

        Args:
            text_gen_request: What to make.
            timeout: Seconds to wait at most.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        See `OpenRequest` for an example.
        """
        from horde_sdk.ai_horde_api.text_requests import TextRequestRun

        return OpenRequest(
            TextRequestRun.of(text_gen_request, self._options_of_run(timeout, None, fail_fast=fail_fast)), self._session
        )

    def text_generate_batch(
        self,
        text_gen_request: TextGenerateAsyncRequest,
        n: int,
        *,
        per_request: int = 4,
        at_once: int = REQUESTS_AT_ONCE,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: TextCheckCallback | None = None,
        fail_fast: bool | None = None,
    ) -> BatchResult[TextGenerateStatusResponse]:
        """Ask for more texts than one request may, in several requests; whatever cuts the wait short cancels them.

        Args:
            text_gen_request: What to make; its own `n` does not count.
            n: How many texts in all.
            per_request: How many one request asks for, 1 to 20.
            at_once: How many requests may be open together.
            timeout: Seconds to wait for each request at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Returns:
            What was made; a request that brought nothing is among the failures.

        Raises:
            AIHordeRequestError: The horde refused a request before any was finished, or none brought anything.
            HordeConnectionError: The horde could not be reached, and no request brought anything.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: A number is out of bounds, or the callback takes no argument.
        """
        from horde_sdk.ai_horde_api.text_requests import TextRequestRun

        runs = [
            TextRequestRun.of(one, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
            for one in split_texts(text_gen_request, n, per_request)
        ]
        with cleaned_up_on_termination(), self._session() as session:
            return session.carry_out(RequestBatch(runs, at_once).steps)

    def text_generate_request_dry_run(
        self,
        text_gen_request: TextGenerateAsyncRequest,
    ) -> TextGenerateAsyncDryRunResponse:
        """Return what a request with `dry_run=True` would cost.

        Raises:
            RuntimeError: The request does not say `dry_run=True`.
            AIHordeRequestError: The server answered with an error.
        """
        from horde_sdk.ai_horde_api.text_requests import dry_run

        with self._session() as session:
            return session.carry_out(lambda ask: dry_run(ask, text_gen_request))

    def embedding_request(
        self,
        request: EmbeddingAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: EmbeddingCheckCallback | None = None,
        *,
        fail_fast: bool | None = None,
    ) -> tuple[EmbeddingStatusResponse, GenerationID]:
        """Ask for texts as vectors, wait for them and return them. OpenHorde only.

        Args:
            request: The texts.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long.
            AIHordeImpossibleError: Nobody can do it, and `fail_fast` was said.
            HordeConnectionError: The horde could not be reached.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: The callback takes no argument.
        """
        from horde_sdk.ai_horde_api.embedding_requests import EmbeddingRequestRun

        run = EmbeddingRequestRun.of(request, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
        with OpenRequest(run, self._session) as opened:
            return opened.result(), opened.id_

    def open_embedding_request(
        self,
        request: EmbeddingAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        *,
        fail_fast: bool | None = None,
    ) -> OpenRequest[EmbeddingStatusResponse, EmbeddingStatusResponse]:
        """Return a request to be followed by yourself; it is sent when you enter its `with` block.

        OpenHorde only.

        Args:
            request: The texts.
            timeout: Seconds to wait at most.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Its events say that vectors are there, and have none in them, as they may be megabytes: `result()` returns them.

        See `OpenRequest` for an example.
        """
        from horde_sdk.ai_horde_api.embedding_requests import EmbeddingRequestRun

        return OpenRequest(
            EmbeddingRequestRun.of(request, self._options_of_run(timeout, None, fail_fast=fail_fast)), self._session
        )

    def embedding_request_dry_run(self, request: EmbeddingAsyncRequest) -> EmbeddingDryRunResponse:
        """Return what a request with `dry_run=True` would cost. OpenHorde only.

        Raises:
            RuntimeError: The request does not say `dry_run=True`.
            AIHordeRequestError: The server answered with an error.
        """
        from horde_sdk.ai_horde_api.embedding_requests import dry_run

        with self._session() as session:
            return session.carry_out(lambda ask: dry_run(ask, request))

    def alchemy_request(
        self,
        alchemy_request: AlchemyAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        check_callback: AlchemyCheckCallback | None = None,
        *,
        fail_fast: bool | None = None,
    ) -> tuple[AlchemyStatusResponse, GenerationID]:
        """Ask for work on an image, wait for it and return it. Whatever cuts the wait short cancels the request.

        Forms that failed are in the answer too, without a result; only if all of them failed, that is an error.

        Args:
            alchemy_request: What to do with which image.
            timeout: Seconds to wait at most.
            check_callback: Told every poll's answer.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long; what was finished is attached.
            AIHordeImpossibleError: Nobody can do it, and `fail_fast` was said.
            HordeConnectionError: The horde could not be reached.
            TypeError: An argument is of a wrong type; nothing was sent.
            ValueError: The callback takes no argument.
        """
        from horde_sdk.ai_horde_api.alchemy_requests import AlchemyRequestRun

        run = AlchemyRequestRun.of(alchemy_request, self._options_of_run(timeout, check_callback, fail_fast=fail_fast))
        with OpenRequest(run, self._session) as opened:
            return opened.result(), opened.id_

    def open_alchemy_request(
        self,
        alchemy_request: AlchemyAsyncRequest,
        timeout: int = GENERATION_MAX_LIFE,
        *,
        fail_fast: bool | None = None,
    ) -> OpenRequest[AlchemyStatusResponse, AlchemyStatusResponse]:
        """Return a request to be followed by yourself; it is sent when you enter its `with` block.

        Args:
            alchemy_request: What to do with which image.
            timeout: Seconds to wait at most.
            fail_fast: Whether to give up at once what no worker can do; default: what the client was told.

        See `OpenRequest` for an example.
        """
        from horde_sdk.ai_horde_api.alchemy_requests import AlchemyRequestRun

        return OpenRequest(
            AlchemyRequestRun.of(alchemy_request, self._options_of_run(timeout, None, fail_fast=fail_fast)),
            self._session,
        )

    def download_image_from_generation(self, generation: ImageGeneration) -> Image:
        """Return the picture of a generation.

        Raises:
            ValueError: It has none.
            requests.HTTPError: It could not be fetched.
        """
        return image_downloads.open_image(self.download_bytes_from_generation(generation))

    def download_bytes_from_generation(self, generation: ImageGeneration) -> bytes:
        """Return the image file of a generation as the worker made it."""
        if generation.img and image_downloads.is_url(generation.img):
            return self.download_bytes_from_url(generation.img)
        return image_downloads.bytes_of_base64(generation.img)

    def save_generation(self, generation: ImageGeneration, path: Path | str) -> Path:
        """Write the image file of a generation, converted where the name's ending asks for another format.

        Raises:
            ValueError: It has none.
            requests.HTTPError: It could not be fetched.
            OSError: It could not be written.
        """
        return image_downloads.save_image(self.download_bytes_from_generation(generation), path)

    def download_image_from_url(self, url: str) -> Image:
        """Return the picture at a URL.

        Raises:
            requests.HTTPError: It could not be fetched.
        """
        return image_downloads.open_image(self.download_bytes_from_url(url))

    def download_bytes_from_url(self, url: str) -> bytes:
        """Return the image file at a URL as the worker made it.

        Raises:
            requests.HTTPError: It could not be fetched.
        """
        return image_downloads.download_image_bytes(
            url,
            session=self._transport.session,
            outside=self._transport.outside,
            horde_url=horde_options(self._options, client=self)["base_url"],
        ).getvalue()

    def _answer(self, question: Question[ResponseT]) -> ResponseT:
        with self._session() as session:
            return session.carry_out(question.steps)

    def _options_of_run(
        self, timeout: float, callback: Callable[[Any], object] | None, *, fail_fast: bool | None
    ) -> RunOptions:
        return self._run_options(timeout, callback, fail_fast=fail_fast, silence_s=self._transport.timeout_s)

    def account_events(self) -> Iterator[AccountEvent]:
        """Yield the states of all your requests, as they change, for as long as you read on. OpenHorde only.

        Raises:
            AIHordeRequestError: The server answered with an error: other hordes have no such thing.
            HordeConnectionError: The horde could not be reached, again and again.
        """
        from horde_sdk.ai_horde_api.account_events import (
            ACCOUNT_EVENTS,
            MOST_ACCOUNT_BREAKS,
            Refusal,
            account_events_in,
        )
        from horde_sdk.generic_api.server_sent_events import EventReader

        reader, session, breaks = EventReader(), self._session(), 0
        while True:
            try:
                with session.stream(session.exchange_for_events(ACCOUNT_EVENTS, {}, with_key=True)) as answer:
                    refusal = None if answer.is_of_events else Refusal(answer.status, answer.headers)
                    for piece in answer.pieces:
                        if refusal is None:
                            for event in account_events_in(reader, piece):
                                breaks = 0
                                yield event
                        elif refusal.is_enough(piece):
                            break
                    if refusal is not None:
                        refusal.raise_it()
            except HordeConnectionError:
                if breaks >= MOST_ACCOUNT_BREAKS:
                    raise
                breaks += 1
            reader.begin()
            session.carry_out(lambda _: pause(reader.retry_s))

    def _session(self) -> AIHordeAPIClientSession:
        return AIHordeAPIClientSession(transport=self._transport, **self._options)
