"""The HTML site: pages made from reports, for people to read in a browser, without a server and without the internet.

Data flows one way: reports → ``columns`` → ``matrix``, ``casepage``, ``controllerpage``, ``migration`` (what each page
shows) → ``render`` (bytes) → ``writing`` (files). All but the last are pure: the same reports give the same bytes.
"""
