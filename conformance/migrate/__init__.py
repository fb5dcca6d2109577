"""What a move to another controller changes for the Ingress objects that a team has.

Data flows one way: ``sources`` → ``documents`` → ``objects`` (Ingresses, and what is wrong with the others) →
``grouping``, ``shape`` (which must be judged together, and which are alike) → ``derivation`` (questions) →
``scene`` (cases) → ``survey`` (both controllers, by the engine) → ``changes`` → terminal, JSON, Markdown, page.
All but the first and ``survey`` are pure.
"""
