"""The lab: a clinic and the network behind it, with mock devices."""
