"""The reviewer's pages: the queue, the facts of a request, the decision."""
