using System.ComponentModel.DataAnnotations;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Items;

/// <summary>Bounds of streams; section <c>Streams</c>.</summary>
internal sealed class StreamOptions
{
    public const string Section = "Streams";

    /// <summary>How many exports and queries one replica streams at once. 1 to 1,000, well below the connections of its pool; default: 32.</summary>
    [Range(1, 1_000)]
    public int MaxConcurrent { get; set; } = 32;
}

/// <summary>
/// A stream holds a connection for as long as its reader likes, and takes another to record what it sends. Without a bound slow readers could hold all of
/// them, and streams wait for each other's.
/// </summary>
internal sealed class StreamLimit(IOptions<StreamOptions> options) : IDisposable
{
    // Most streams are short; nobody holds anything while they wait.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _free = new(options.Value.MaxConcurrent);

    /// <summary>A place for one stream, given back when it is disposed of.</summary>
    /// <exception cref="MeshException">None became free in 3 s: <see cref="TooManyStreams"/>.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken) =>
        await _free.WaitAsync(Patience, cancellationToken) ? new Place(_free) : throw new MeshException(new TooManyStreams());

    public void Dispose() => _free.Dispose();

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
