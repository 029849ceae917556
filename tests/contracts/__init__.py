"""What every address of every dialect must do, inherited by one class for each."""
