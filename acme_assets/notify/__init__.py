"""How messages leave the house: channels behind one library, tried one after another, with what became of each."""
