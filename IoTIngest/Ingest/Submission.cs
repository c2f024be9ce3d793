using System.Threading.RateLimiting;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>One request on its way to the disk, and the promise to answer it.</summary>
internal sealed class Submission(KnownDevice device, string requestId, Sample[] samples, IngestReadingsResponse response, DeadLetter? deadLetter)
{
    private readonly TaskCompletionSource<Result<IngestReadingsResponse>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KnownDevice Device => device;

    /// <summary>Empty: stored always.</summary>
    public string RequestId => requestId;

    public Sample[] Samples => samples;

    /// <summary>The answer, should this be the first request of its id.</summary>
    public IngestReadingsResponse Response => response;

    public DeadLetter? DeadLetter => deadLetter;

    /// <summary>Room taken in the queue; given back with the answer.</summary>
    public RateLimitLease? Room { get; set; }

    public Task<Result<IngestReadingsResponse>> Answer => _completion.Task;

    public void Complete(Result<IngestReadingsResponse> answer)
    {
        Room?.Dispose();
        _completion.TrySetResult(answer);
    }
}
