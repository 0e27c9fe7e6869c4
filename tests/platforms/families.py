"""Each family is a `Platform`, its router a `Device`: held by mypy, run by nobody."""

from onshi_toy.device import ToyDevice
from onshi_toy.family import Toy

from onshi_net.platforms.base import Platform
from onshi_net.platforms.change import Device
from onshi_net.platforms.yamaha.device import YamahaDevice
from onshi_net.platforms.yamaha.family import Yamaha

FAMILIES: tuple[Platform, ...] = (Yamaha(), Toy())
DEVICES: tuple[type[Device], ...] = (YamahaDevice, ToyDevice)
