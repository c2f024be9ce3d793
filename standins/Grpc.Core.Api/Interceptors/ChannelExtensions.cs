namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors around a channel.</summary>
public static class ChannelExtensions
{
    /// <summary>An invoker that runs the interceptor first.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Interceptor interceptor) => Invoker(channel).Intercept(interceptor);

    /// <summary>An invoker that runs the interceptors in the order given.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, params Interceptor[] interceptors) => Invoker(channel).Intercept(interceptors);

    /// <summary>An invoker that passes the headers of each call through a function.</summary>
    public static CallInvoker Intercept(this ChannelBase channel, Func<Metadata, Metadata> interceptor) => Invoker(channel).Intercept(interceptor);

    private static CallInvoker Invoker(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker();
    }
}
