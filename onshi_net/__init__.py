"""Installs and verifies the network of an online eligibility verification (オンライン資格確認) site.

The flow, top to bottom: `model` and `inventory` say what stands at a site, `intent` what must be true
there, `render` and `provision` make it true, `evidence` and `checks` measure whether it is true,
`diagnose` and `report` say so. Imports go down that list only.
"""

__version__ = "0.1.0"
