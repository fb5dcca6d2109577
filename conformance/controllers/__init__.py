"""Controllers: a catalogue of data files, how their programs are had, and running instances."""
