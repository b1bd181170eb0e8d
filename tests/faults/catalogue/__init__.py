"""The faults, a file for each thing that breaks. Importing this package fills `FAULTS`."""

from importlib import import_module
from pkgutil import iter_modules

from tests.faults.fault import FAULTS

__all__ = ["FAULTS"]

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
