namespace AiMesh.StandIns.Tests.Clients.Resilience;

/// <summary>Answers as the test says, by the number of the request from 1 on, and remembers what came in.</summary>
internal sealed class ScriptedHandler(Func<int, HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int _requests;

    public ScriptedHandler(Func<int, HttpResponseMessage> answer)
        : this((number, _, _) => Task.FromResult(answer(number)))
    {
    }

    public int Requests => _requests;

    public List<string?> Bodies { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Bodies.Add(request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken));
        return await answer(Interlocked.Increment(ref _requests), request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => SendAsync(request, cancellationToken).GetAwaiter().GetResult();
}
