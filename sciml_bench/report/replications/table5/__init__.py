"""The paper's Table 5 (Ko et al., NeurIPS 2023) beside ours: five models, three training methods, several seeds."""
