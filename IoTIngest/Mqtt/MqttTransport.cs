using System.Buffers;
using System.IO.Pipelines;
using AiMesh.IoTIngest.Mqtt.Protocol;
using Microsoft.AspNetCore.Connections;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>Packets in and out of one connection. One reader; any number of senders, who take turns.</summary>
internal sealed class MqttTransport(ConnectionContext connection, MqttOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private long _lastReceived = time.GetTimestamp();

    /// <summary>How long nothing has come.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _lastReceived));

    /// <summary>
    /// Waits for packets and hands each to <paramref name="handle"/>, until that answers false, the client has gone, or what it sends is wrong.
    /// A packet is only good until <paramref name="handle"/> is done with it.
    /// </summary>
    /// <returns>Why the connection has to be closed; null when the client or the handler ended it.</returns>
    public async Task<string?> ReadAsync(Func<MqttFrame, ValueTask<bool>> handle, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            while (true)
            {
                var status = MqttFrameReader.Read(ref buffer, options.MaxPacketBytes, out var frame);
                if (status == MqttFrameStatus.Malformed)
                    return "malformed packet";
                if (status == MqttFrameStatus.TooLarge)
                    return "packet larger than allowed";
                if (status == MqttFrameStatus.Incomplete)
                    break;

                Interlocked.Exchange(ref _lastReceived, time.GetTimestamp());
                if (!await handle(frame))
                {
                    input.AdvanceTo(buffer.Start);
                    return null;
                }
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                return null;
        }
    }

    /// <summary>Sends one packet. A client that does not read for too long is treated like one that has gone.</summary>
    /// <exception cref="OperationCanceledException">The connection is being closed, or the client does not read.</exception>
    public async ValueTask SendAsync<TState>(TState state, Action<IBufferWriter<byte>, TState> write, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            write(connection.Transport.Output, state);
            var flush = connection.Transport.Output.FlushAsync(cancellationToken);
            if (!flush.IsCompletedSuccessfully)
                await FlushSlowlyAsync(flush);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task FlushSlowlyAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.AsTask().WaitAsync(options.SendTimeout, time);
        }
        catch (TimeoutException)
        {
            connection.Abort(new ConnectionAbortedException("The client does not read what it is sent."));
            throw new OperationCanceledException("The client does not read what it is sent.");
        }
    }
}
