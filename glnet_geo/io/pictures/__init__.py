"""Pictures that tell how a training or an assessment went."""
