"""What is done about questions: seats and mandates, putting, voting, paper, results, effects and proof."""
