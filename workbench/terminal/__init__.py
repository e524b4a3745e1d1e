"""What a terminal touches: the command `workbench`, a file a subcommand."""
