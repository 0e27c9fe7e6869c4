"""The day at a site: its stages in their order, and what each waits for. Pure but for `scene.look`.

Playbooks and `onshi visit` run the same stages; who shows them, and asks a person, is `cli/visit`.
"""

from onshi_net.visit.scene import Lack, Scene, lacking, look
from onshi_net.visit.stages import After, Stage, What, stages

__all__ = ["After", "Lack", "Scene", "Stage", "What", "lacking", "look", "stages"]
