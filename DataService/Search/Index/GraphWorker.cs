using System.Threading.Channels;

namespace AiMesh.DataService.Search.Index;

/// <summary>Builds graphs in the background, one passage after another. Searches do without what is not in a graph yet: they compare it by itself.</summary>
internal sealed class GraphWorker : BackgroundService
{
    private const int Portion = 1000;
    private readonly Channel<FieldIndex> _wanted = Channel.CreateUnbounded<FieldIndex>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Asks for the graph of a field to be brought up to date.</summary>
    public void Ask(FieldIndex field)
    {
        if (field.TryClaimGraph()) _wanted.Writer.TryWrite(field);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await foreach (var field in _wanted.Reader.ReadAllAsync(stoppingToken))
            {
                for (var i = 0; i < Portion && field.Graph.Count < field.ChunkCount && !stoppingToken.IsCancellationRequested; i++) field.Graph.AddNext();
                field.ReleaseGraph();

                // The others' turn first.
                if (field.Graph.Count < field.ChunkCount) Ask(field);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends.
        }
    }
}
