"""The source `lung-pet-ct-dx`: CT series of lung cancers with boxes drawn slice by slice."""

from hilum.sources.lung_pet_ct_dx.source import LUNG_PET_CT_DX

__all__ = ["LUNG_PET_CT_DX"]
