"""Settings that some worker program knows and the models of `bridge_data` have no field for."""

from __future__ import annotations

OTHER_WORKERS_SETTINGS = frozenset(
    {
        "backend_engine",
        "capture_kudos_training_data",
        "civitai_api_token",
        "custom_models",
        "cycle_process_on_model_change",
        "download_timeout",
        "exit_on_unhandled_faults",
        "high_memory_mode",
        "high_performance_mode",
        "inference_step_timeout",
        "kudos_training_data_file",
        "limited_console_messages",
        "load_large_models",
        "minutes_allowed_without_jobs",
        "model_stickiness",
        "moderate_performance_mode",
        "openai_api",
        "post_process_job_overlap",
        "post_process_timeout",
        "preload_timeout",
        "process_timeout",
        "purge_loras_on_download",
        "remove_maintenance_on_init",
        "safety_on_gpu",
        "unload_models_from_vram_often",
        "very_fast_disk_mode",
        "very_high_memory_mode",
    }
)
"""They are kept without a word, as extras."""
