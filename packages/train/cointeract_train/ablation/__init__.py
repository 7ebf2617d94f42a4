"""The ablation of section 4.5: four models that differ in one thing each, trained alike and compared."""
