"""Installs and verifies the network of an オンライン資格確認 (online eligibility) site.

The flow, top to bottom: `model` and `inventory` say what stands at a site, `intent` what must be
true there, `render` and `provision` make it true, `evidence` and `checks` measure whether it is
true, `diagnose` says which part is not and who mends it. Imports go down that list only.
"""

__version__ = "0.1.0"
