"""Solution sheets: questions are read, answered by the kind of question, proved, and written."""
