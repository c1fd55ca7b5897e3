"""The subcommands of the command line, one module each; heavy imports wait until a command runs."""
